import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../src/store/store.ts';
import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { openSubscriber } from '../../fakes/broker-subscriber.ts';
import { FAKETIME_LIBRARY } from '../privileges.ts';
import { makeRealGateway } from '../real-gateway.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';

/** What the wall clock says, one after another (libfaketime's notation); the monotonic clock goes on undisturbed. */
const CLOCKS = ['@1970-01-01 00:03:00', '+0', '+3600', '-86400', '+0'];

export const falseClock: Scenario = {
  name: 'false-clock',
  about:
    'the gateway starts in 1970 and its clock steps to now, by an hour, by a day: every car is counted once',
  needs: ['false-clock'],
  async run(stand): Promise<Outcome> {
    const carsEach = stand.long ? 20 : 3;
    const broker = await startMosquitto();
    stand.leave(() => broker.dispose());
    const platform = await openSubscriber({ url: broker.url, version: 5 });
    stand.leave(() => platform.close());
    const gateway = await makeRealGateway(stand, broker.url);
    const clockFile = join(stand.folder, 'clock');
    const set = (clock: string): void => writeFileSync(clockFile, `${clock}\n`);
    set(CLOCKS[0] ?? '');
    const running = gateway.start({
      LD_PRELOAD: FAKETIME_LIBRARY ?? '',
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    });
    await gateway.overviewOnce('it is online', ({ uplink }) => uplink.state === 'online');
    await gateway.overviewOnce('the loops are read', ({ processes }) =>
      processes.some(({ sensors }) => sensors.some(({ state }) => state === 'working')),
    );
    let cars = 0;
    for (const clock of CLOCKS) {
      set(clock);
      for (let each = 0; each < carsEach; each += 1) {
        await gateway.driveOneCar();
        cars += 1;
      }
    }
    const { uplink } = await gateway.overviewOnce(
      'it is online',
      (overview) => overview.uplink.state === 'online',
    );
    running.child.kill('SIGTERM');
    const code = await running.ended;

    const store = openStore({ file: gateway.storeFile });
    const rows = store.readLedger({ limit: 1_000_000 });
    store.close();
    const ids = new Set(rows.map(({ id }) => id));
    const passages = rows.filter(({ stream }) => stream === 'passage');
    const seqs = passages.map(({ body }): number => JSON.parse(body).seq);
    const strangers = platform.records().filter(({ payload }) => !ids.has(String(payload['id'])));
    return {
      n: cars,
      seen: `${passages.length} passages of ${cars} cars, ${platform.report().distinct} of ${rows.length} records delivered by then`,
      broken: unless({
        'every car is counted once': passages.length === cars,
        'their numbers follow one another': seqs.every((seq, index) => seq === index + 1),
        'nothing was delivered that is not in the store': strangers.length === 0,
        'what was delivered keeps the contract': platform.report().invalid.length === 0,
        'no step of the clock breaks the connection': uplink.connects === 1,
        'it leaves in good order': code === 0,
      }),
    };
  },
};
