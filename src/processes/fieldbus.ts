/** The fieldbus process: forked by the gateway, configured and supervised over its IPC channel. */
import { createFieldbusProgram } from '../sensors/fieldbus/fieldbus-program.ts';
import { runSensorProgram } from '../sensors/process-link.ts';

runSensorProgram(createFieldbusProgram());
