import { expect, test } from 'vitest';
import { hasPasswordWrittenOut, withoutWrittenPassword } from './address-password.ts';

test.each([
  ['http://10.0.0.7/videostream.cgi?loginuse=admin&loginpas=Hu+nter', 'loginpas=***'],
  ['rtsp://10.0.0.7/user=admin&password=Hunter&channel=1', 'password=***&channel=1'],
  ['http://10.0.0.7/video?PWD=Hunter', 'PWD=***'],
])('the password in %s is found and hidden', (address, hidden) => {
  expect(hasPasswordWrittenOut(address)).toBe(true);
  expect(withoutWrittenPassword(`opening ${address}: refused`)).toContain(hidden);
  expect(withoutWrittenPassword(address)).not.toContain('Hu');
});

test.each([
  'rtsp://10.0.0.7/user={user}&password={password}&channel=1',
  'http://10.0.0.7/video?bypass=1&passive=2',
  'http://10.0.0.7/video?password=',
])('%s holds none', (address) => {
  expect(hasPasswordWrittenOut(address)).toBe(false);
});
