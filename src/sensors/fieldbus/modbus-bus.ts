import type { ModbusBusPlan } from '../contract.ts';
import { createModbusDevice } from './modbus-device.ts';
import type { MasterListener, ModbusMaster } from './modbus-master.ts';
import type { BusListener, PolledBus } from './polled-bus.ts';
import { createRtuMaster } from './rtu-master.ts';
import { rtuTiming } from './rtu-timing.ts';
import { createSerialOpener } from './serial-line.ts';
import { createTcpOpener } from './tcp-line.ts';
import { createTcpMaster } from './tcp-master.ts';

/** Opens the line at once. Throws RoadsideError `config-invalid` for a plan that no reply could satisfy. */
export function openModbusBus(plan: ModbusBusPlan, listener: BusListener): PolledBus {
  // The plan is looked at before anything is opened: what throws leaves nothing behind.
  const read: ModbusMaster['read'] = (request, terms) => master.read(request, terms);
  const devices = plan.devices.map((device) =>
    createModbusDevice({ plan: device, master: { read }, observe: listener.observe }),
  );
  const master = openMaster(plan, {
    onLineChange(change) {
      if (change.kind !== 'open') for (const device of devices) device.interrupt();
      listener.onLineChange(change);
    },
  });
  return {
    devices,
    get isOpen() {
      return master.isOpen;
    },
    get figures() {
      return { ...master.figures };
    },
    close: () => master.close(),
  };
}

function openMaster(plan: ModbusBusPlan, listener: MasterListener): ModbusMaster {
  switch (plan.protocol) {
    case 'modbus-tcp':
      return createTcpMaster(createTcpOpener(plan), listener);
    case 'modbus-rtu':
      return createRtuMaster(createSerialOpener(plan), rtuTiming(plan), listener);
    case 'modbus-rtu-over-tcp':
      return createRtuMaster(createTcpOpener(plan), rtuTiming(plan, 'tcp'), listener);
  }
}
