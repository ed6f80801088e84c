import type { FrameDevicePlan } from '../../contract.ts';
import type { DeviceSession } from '../device-session.ts';
import { createAsciiFieldsSession } from './ascii-fields.ts';
import { createCanogaSession } from './canoga.ts';
import { createGbt43229Session } from './gbt43229.ts';
import { createRtmsG4Session } from './rtms-g4.ts';
import { createSs105Session } from './ss105.ts';
import { createSs125Session } from './ss125.ts';

/** Throws RoadsideError `config-invalid` for a plan that its codec cannot mean. */
export function createDeviceSession(plan: FrameDevicePlan): DeviceSession {
  switch (plan.codec.name) {
    case 'canoga':
      return createCanogaSession(plan);
    case 'rtms-g4':
      return createRtmsG4Session(plan);
    case 'ss105':
      return createSs105Session(plan);
    case 'ss125':
      return createSs125Session(plan);
    case 'gbt43229':
      return createGbt43229Session(plan);
    case 'ascii-fields':
      return createAsciiFieldsSession(plan);
  }
}
