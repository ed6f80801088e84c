import { startMosquitto } from '../../fakes/broker-mosquitto.ts';
import { makeRealGateway } from '../real-gateway.ts';
import { type Outcome, type Scenario, unless } from '../scenario.ts';

/** A start waits two seconds for its predecessor's lock; the rest is Node's own start on a busy machine. */
const LEAVES_WITHIN_MS = 90_000;

export const twoInstances: Scenario = {
  name: 'two-instances',
  about: 'a second gateway on the same store leaves with a clear error, and the first does not notice',
  needs: [],
  async run(stand): Promise<Outcome> {
    const broker = await startMosquitto();
    stand.leave(() => broker.dispose());
    const gateway = await makeRealGateway(stand, broker.url);
    gateway.start();
    await gateway.overviewOnce('it works', ({ uplink }) => uplink.state === 'online');
    const startedMs = performance.now();
    const second = gateway.start();
    const code = await second.ended;
    const tookMs = performance.now() - startedMs;
    const first = await gateway.overviewOnce('the first works on', ({ uplink }) => uplink.state === 'online');
    return {
      n: 1,
      seen: `the second left after ${(tookMs / 1000).toFixed(1)} s: ${second.said().trim().split('\n')[0]}`,
      broken: unless({
        'it leaves with an error': code !== 0,
        'it leaves soon': tookMs < LEAVES_WITHIN_MS,
        'it names what is in its way': /already|another|open|running/i.test(second.said()),
        'the first has stayed connected': first.uplink.connects === 1,
      }),
    };
  },
};
