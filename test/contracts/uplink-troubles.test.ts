import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../src/base/clock.ts';
import { until } from '../fakes/broker.ts';
import { openLink } from '../fakes/broker-link.ts';
import { startMosquitto } from '../fakes/broker-mosquitto.ts';
import { incidentRecord } from '../fakes/records.ts';
import { openUplinkStand, troubleOf, type UplinkStand } from '../fakes/uplink-stand.ts';

let stand: UplinkStand;
beforeEach(() => {
  stand = openUplinkStand();
});
afterEach(() => stand.close());

/** CONNACK of MQTT 3.1.1 and of MQTT 5. */
const ACCEPT = { 4: [0x20, 0x02, 0x00, 0x00], 5: [0x20, 0x03, 0x00, 0x00, 0x00] } as const;
/** With the property Server Keep Alive: 600 s. */
const ACCEPT_KEEP_ALIVE = [0x20, 0x06, 0x00, 0x00, 0x03, 0x13, 0x02, 0x58];

/** Returns the port of a TCP server. */
async function listen(accept: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    stand.leaveWith(() => socket.destroy());
    accept(socket);
  }).listen(0, '127.0.0.1');
  stand.leaveWith(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A broker that lets everybody in who speaks this version, and then does to the connection what `then` says. */
async function startBroker(version: 4 | 5, then: (socket: Socket) => void) {
  const seen = { connects: 0 };
  const port = await listen((socket) =>
    socket.once('data', (connect) => {
      // The protocol level stands behind the length and the name `MQTT`.
      const level = connect.subarray(connect.indexOf('MQTT') + 4)[0];
      if (level !== version) {
        socket.end(Uint8Array.from([0x20, 0x02, 0x00, 0x01]));
        return;
      }
      seen.connects += 1;
      socket.write(Uint8Array.from(ACCEPT[version]));
      then(socket);
    }),
  );
  return { seen, url: `mqtt://127.0.0.1:${port}` };
}

describe('a broker that refuses the connection', () => {
  it.each([
    ['is busy', 0x89, 'uplink-busy'],
    ['is out of its quota', 0x97, 'uplink-busy'],
    ['gets too many connections', 0x9f, 'uplink-busy'],
    ['is not available', 0x88, 'uplink-busy'],
    ['does not take the client id', 0x85, 'uplink-refused'],
    ['does not know the account', 0x86, 'uplink-credentials'],
    ['has no permission for it', 0x87, 'uplink-credentials'],
    ['has banned it', 0x8a, 'uplink-credentials'],
  ])('because it %s is told apart (0x%s)', async (_why, reason, code) => {
    const connack = Uint8Array.from([0x20, 0x03, 0x00, reason, 0x00]);
    const port = await listen((socket) => socket.once('data', () => socket.end(connack)));
    const uplink = stand.start(`mqtt://127.0.0.1:${port}`);
    const trouble = await troubleOf(uplink);
    expect(trouble.code).toBe(code);
    expect(trouble.hint).toMatch(/\.$/);
    expect(uplink.status().connects).toBe(0);
  });
});

describe('a second gateway with the same client id', () => {
  it('is suspected by a broker that lets in and soon hangs up, again and again; the site then keeps away', async () => {
    const broker = await startBroker(4, (socket) => socket.end());
    const uplink = stand.start(broker.url);
    await until(() => uplink.status().error?.code === 'uplink-taken-over');
    expect(uplink.status()).toMatchObject({ takenOver: true, state: 'offline', connects: 3 });
    expect(uplink.status().error?.hint).toContain('Two gateways');
  });

  it('is not suspected where the link is reset as often', async () => {
    const broker = await startBroker(4, (socket) => socket.resetAndDestroy());
    const uplink = stand.start(broker.url);
    await until(() => broker.seen.connects >= 8);
    expect(uplink.status().takenOver).toBe(false);
  });

  it('is known at once where the broker says it, which MQTT 5 does', async () => {
    const broker = await startBroker(5, (socket) => socket.write(Uint8Array.from([0xe0, 0x02, 0x8e, 0x00])));
    const uplink = stand.start(broker.url);
    expect((await troubleOf(uplink)).code).toBe('uplink-taken-over');
    expect(uplink.status()).toMatchObject({ takenOver: true, connects: 1 });
  });

  it('of Mosquitto: two uplinks that throw each other out both find out', async () => {
    const broker = await startMosquitto();
    stand.leaveWith(() => broker.dispose());
    const both = [stand.start(broker.url), stand.start(broker.url)];
    await until(() => both.some((uplink) => uplink.status().takenOver));
    expect(both.map((uplink) => uplink.status().connects).reduce((sum, each) => sum + each, 0)).toBeLessThan(
      12,
    );
  });
});

describe('a link that has gone silent', () => {
  it('while nothing is to be sent is noticed by the unanswered ping', async () => {
    const broker = await startMosquitto();
    stand.leaveWith(() => broker.dispose());
    const link = await openLink(broker.port);
    stand.leaveWith(() => link.dispose());
    const uplink = stand.start(link.url, { keepaliveS: 5, reconnectMinMs: 60_000, reconnectMaxMs: 60_000 });
    await until(() => uplink.status().state === 'online');
    link.freeze();
    const clock = createSystemClock();
    const frozenMs = clock.monoMs();
    const { code, text } = await troubleOf(uplink);
    expect({ code, text }).toEqual({
      code: 'uplink-unreachable',
      text: expect.stringContaining('for 7.5 s'),
    });
    // Before the keep-alive period is over nobody can know.
    expect(clock.monoMs() - frozenMs).toBeGreaterThan(4000);
  });

  it('is noticed as soon where the broker asks for a keep-alive of ten minutes', async () => {
    const port = await listen((socket) =>
      socket.once('data', () => socket.write(Uint8Array.from(ACCEPT_KEEP_ALIVE))),
    );
    const uplink = stand.start(`mqtt://127.0.0.1:${port}`, { keepaliveS: 2 });
    expect((await troubleOf(uplink)).text).toContain('for 3 s');
  });

  it('during the handshake is given up, and what waits is kept', async () => {
    const port = await listen(() => undefined);
    stand.store.append([incidentRecord({ seq: 1 })]);
    const uplink = stand.start(`mqtt://127.0.0.1:${port}`);
    expect((await troubleOf(uplink)).code).toMatch(/^uplink-(unreachable|refused)$/);
    expect(stand.store.outbox('platform').depth()).toBe(1);
  });
});
