import { describe, expect, it } from 'vitest';
import { parseBrokerUrl } from './settings.ts';

describe('the address of the broker', () => {
  it.each([
    ['mqtt://broker.example', { scheme: 'mqtt', host: 'broker.example', port: 1883 }],
    ['mqtts://broker.example', { scheme: 'mqtts', host: 'broker.example', port: 8883 }],
    ['mqtts://10.0.0.1:443', { scheme: 'mqtts', host: '10.0.0.1', port: 443 }],
    ['mqtt://[::1]:1884', { scheme: 'mqtt', host: '::1', port: 1884 }],
  ])('%s is understood', (url, address) => {
    expect(parseBrokerUrl(url)).toEqual(address);
  });

  it.each(['', 'broker.example', 'http://broker.example', 'mqtt://', 'mqtt://user:secret@broker.example'])(
    '"%s" is refused, and no secret is repeated',
    (url) => {
      expect(() => parseBrokerUrl(url)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
      expect(() => parseBrokerUrl(url)).not.toThrow(/secret/);
    },
  );
});
