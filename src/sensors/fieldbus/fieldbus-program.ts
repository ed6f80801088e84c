import type { BusPlan, FieldbusConfiguration } from '../contract.ts';
import { createDeviceSession } from '../loops/codecs/create-session.ts';
import type { SensorProgram } from '../process-link.ts';
import { type BusPoller, createBusPoller } from './bus-poller.ts';
import { openFrameBus } from './frame-bus.ts';
import { openFrameServer } from './frame-server.ts';
import { openModbusBus } from './modbus-bus.ts';
import type { BusListener, PolledBus } from './polled-bus.ts';
import { enterRealTime, type RealTime } from './real-time.ts';
import { wakeByTimer } from './sleep.ts';
import { createTicker, TICKER_UP_TO_MS, type Ticker } from './ticker.ts';

/** The fieldbus process: every bus of the cabinet, each at its own pace. */
export function createFieldbusProgram(): SensorProgram<FieldbusConfiguration> {
  let pollers: readonly BusPoller[] = [];
  let ticker: Ticker | null = null;
  let realTime: RealTime | null = null;
  return {
    process: 'fieldbus',
    async configure(configuration, link) {
      ticker = configuration.buses.some(needsTicker) ? createTicker() : null;
      pollers = configuration.buses.map((plan) =>
        createBusPoller({
          bus: plan.id,
          openBus: (listener) => openBus(plan, listener),
          observe: (observations) => link.observe(observations),
          silenceAdvice: silenceAdvice(plan),
          wakeAt: ticker !== null && needsTicker(plan) ? ticker.wakeAt : wakeByTimer,
        }),
      );
      realTime = await enterRealTime(configuration.realTime);
    },
    start() {
      for (const poller of pollers) poller.start();
    },
    async stop() {
      await Promise.all(pollers.map((poller) => poller.stop()));
      await Promise.all([ticker?.close(), realTime?.leave()]);
    },
    health: () =>
      pollers.map((poller) => {
        const health = poller.health();
        const notes = [health.note, realTime?.note ?? ''].filter((note) => note !== '');
        return { ...health, note: notes.join('; ').slice(0, 300) };
      }),
  };
}

function needsTicker(plan: BusPlan): boolean {
  const periods = plan.devices.flatMap((device) =>
    'reads' in device ? device.reads.map(({ everyMs }) => everyMs) : [device.everyMs],
  );
  return Math.min(...periods) <= TICKER_UP_TO_MS;
}

function openBus(plan: BusPlan, listener: BusListener): PolledBus {
  switch (plan.protocol) {
    case 'modbus-tcp':
    case 'modbus-rtu':
    case 'modbus-rtu-over-tcp':
      return openModbusBus(plan, listener);
    case 'serial-frames':
    case 'tcp-frames':
      return openFrameBus(plan, { listener, createSession: createDeviceSession });
    case 'tcp-frames-server':
      return openFrameServer(plan, { listener, createSession: createDeviceSession });
  }
}

function silenceAdvice(plan: BusPlan): string | null {
  switch (plan.protocol) {
    case 'modbus-rtu':
    case 'serial-frames':
      return 'check the RS-485 wiring, termination and baud rate';
    case 'modbus-tcp':
    case 'modbus-rtu-over-tcp':
    case 'tcp-frames':
      return 'check the gateway, and the wiring, termination and baud rate behind it';
    case 'tcp-frames-server':
      return null;
  }
}
