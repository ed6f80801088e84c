import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import { join } from 'node:path';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../fakes/broker.ts';
import { makeCertificates, type TestCertificates, type Validity } from '../fakes/broker-certificates.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { openUplinkStand, troubleOf, type UplinkStand } from '../fakes/uplink-stand.ts';

let stand: UplinkStand;
beforeEach(() => {
  stand = openUplinkStand();
});
afterEach(() => stand.close());

function certificates(name: string, validity?: Validity): TestCertificates {
  const folder = join(stand.folder, name);
  mkdirSync(folder);
  return makeCertificates(folder, 'IP:127.0.0.1', validity);
}

async function mosquitto(tls: TestCertificates, extra: readonly string[] = []) {
  const broker = await startMosquitto({ tls, extra });
  stand.leaveWith(() => broker.dispose());
  return broker;
}

/** A TLS server that accepts every MQTT 5 connection. Returns its port; `sockets` are those that came through. */
async function startTlsServer(own: TestCertificates, options: TlsOptions) {
  const sockets: TLSSocket[] = [];
  const server = createServer(
    { cert: readFileSync(own.certFile), key: readFileSync(own.keyFile), ...options },
    (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(Uint8Array.from([0x20, 0x03, 0x00, 0x00, 0x00])));
    },
  ).listen(0, '127.0.0.1');
  stand.leaveWith(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return { sockets, url: `mqtts://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

/** OpenSSL must be talked into these. */
const OLD: TlsOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };

describe('a broker whose certificate cannot be trusted is refused, and the technician is told why:', () => {
  it.each<[string, Validity, RegExp]>([
    ['expired', { fromDays: -10, toDays: -1 }, /has expired/],
    ['not yet valid', { fromDays: 2, toDays: 10 }, /not valid yet/],
  ])('%s', async (_what, validity, text) => {
    const tls = certificates('broker', validity);
    const broker = await mosquitto(tls);
    const uplink = stand.start(broker.url, { caFile: tls.caFile });
    expect(await troubleOf(uplink)).toMatchObject({ code: 'uplink-tls', text: expect.stringMatching(text) });
    expect(uplink.status().connects).toBe(0);
  });

  it('for another name', async () => {
    const tls = certificates('broker');
    const broker = await mosquitto(tls);
    const uplink = stand.start(broker.url.replace('127.0.0.1', 'localhost'), { caFile: tls.caFile });
    const trouble = await troubleOf(uplink);
    expect(trouble).toMatchObject({ code: 'uplink-tls', text: expect.stringContaining('another name') });
    expect(trouble.hint).toMatch(/somebody else/);
  });

  it('from another authority; the one of the site file replaces those of the system', async () => {
    const broker = await mosquitto(certificates('broker'));
    const { caFile } = certificates('stranger');
    const uplink = stand.start(broker.url, { caFile });
    expect((await troubleOf(uplink)).text).toContain('an authority that is not trusted here');
  });

  it('all these reasons are told apart by text and hint', async () => {
    const good = certificates('good');
    const { caFile } = certificates('other');
    const troubles = await Promise.all([
      mosquitto(certificates('old', { fromDays: -10, toDays: -1 })).then((broker) => stand.start(broker.url)),
      mosquitto(good).then(({ url }) => stand.start(url, { caFile })),
      startTlsServer(good, OLD).then(({ url }) => stand.start(url, { caFile: good.caFile })),
    ]).then((uplinks) => Promise.all(uplinks.map(troubleOf)));
    expect(new Set(troubles.map(({ hint }) => hint)).size).toBe(3);
  });
});

describe('the version of TLS', () => {
  it('is 1.3 where the broker has it and 1.2 where not, never less', async () => {
    const tls = certificates('broker');
    const versions: (string | null)[] = [];
    for (const options of [{}, { maxVersion: 'TLSv1.2' }] as const) {
      const server = await startTlsServer(tls, options);
      stand.start(server.url, { caFile: tls.caFile });
      await until(() => server.sockets.length > 0);
      versions.push(server.sockets[0]?.getProtocol() ?? null);
    }
    expect(versions).toEqual(['TLSv1.3', 'TLSv1.2']);

    const old = await startTlsServer(tls, OLD);
    const uplink = stand.start(old.url, { caFile: tls.caFile });
    expect((await troubleOf(uplink)).text).toContain('no version of TLS that is safe');
    expect(old.sockets).toEqual([]);
  });

  it('is never none: what does not speak TLS gets not one byte of MQTT', async () => {
    const bytes: Buffer[] = [];
    const server = createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        bytes.push(chunk);
        socket.end('220 something else altogether\r\n');
      });
    }).listen(0, '127.0.0.1');
    stand.leaveWith(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    const url = `mqtts://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    const uplink = stand.start(url);
    expect((await troubleOf(uplink)).text).toContain('does not speak TLS');
    await until(() => bytes.length >= 4);
    // 0x16: a TLS handshake record. An MQTT CONNECT would begin with 0x10.
    expect(new Set(bytes.map((chunk) => chunk[0]))).toEqual(new Set([0x16]));
  });
});

describe('a broker that asks for the certificate of the site', () => {
  it('lets in the one that its authority signed, and nobody else', async () => {
    const tls = certificates('broker');
    const broker = await mosquitto(tls, ['require_certificate true', 'use_identity_as_username true']);
    const { caFile, clientCertFile: certFile, clientKeyFile: keyFile } = tls;
    const known = stand.start(broker.url, { caFile, certFile, keyFile, clientId: 'known' });
    await until(() => known.status().state === 'online');

    const foreign = certificates('foreign');
    const strangers = [
      stand.start(broker.url, { caFile, clientId: 'nobody' }),
      stand.start(broker.url, {
        ...{ caFile, clientId: 'stranger' },
        ...{ certFile: foreign.clientCertFile, keyFile: foreign.clientKeyFile },
      }),
    ];
    for (const uplink of strangers) {
      expect((await troubleOf(uplink)).code).toBe('uplink-tls');
      expect(uplink.status().connects).toBe(0);
    }
  });

  it('cannot be met with a key that is not of the certificate', async () => {
    const tls = certificates('broker');
    const foreign = certificates('foreign');
    const uplink = stand.start('mqtts://127.0.0.1:1', {
      certFile: tls.clientCertFile,
      keyFile: foreign.clientKeyFile,
    });
    expect((await troubleOf(uplink)).text).toContain('certificate or key file cannot be used');
  });
});
