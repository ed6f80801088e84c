import type { BusPlan, FieldbusConfiguration } from '../contract.ts';
import type { SensorProgram } from '../process-link.ts';
import { type BusPoller, createBusPoller } from './bus-poller.ts';
import type { MasterListener, ModbusMaster } from './modbus-master.ts';
import { createRtuMaster } from './rtu-master.ts';
import { rtuTiming } from './rtu-timing.ts';
import { createSerialOpener } from './serial-line.ts';
import { createTcpOpener } from './tcp-line.ts';
import { createTcpMaster } from './tcp-master.ts';

/** The fieldbus process: every bus of the cabinet, each at its own pace. */
export function createFieldbusProgram(): SensorProgram<FieldbusConfiguration> {
  let pollers: readonly BusPoller[] = [];
  return {
    process: 'fieldbus',
    // biome-ignore lint/suspicious/useAwait: what the configuration cannot mean must reject, not throw
    async configure(configuration, link) {
      pollers = configuration.buses.map((plan) =>
        createBusPoller({
          plan,
          openMaster: (listener) => openMaster(plan, listener),
          observe: (observations) => link.observe(observations),
        }),
      );
    },
    start() {
      for (const poller of pollers) poller.start();
    },
    async stop() {
      await Promise.all(pollers.map((poller) => poller.stop()));
    },
    health: () => pollers.map((poller) => poller.health()),
  };
}

function openMaster(plan: BusPlan, listener: MasterListener): ModbusMaster {
  return plan.protocol === 'modbus-tcp'
    ? createTcpMaster(createTcpOpener(plan), listener)
    : createRtuMaster(createSerialOpener(plan), rtuTiming(plan), listener);
}
