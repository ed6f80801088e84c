/** The fieldbus process: forked by the gateway, configured and supervised over its IPC channel. */
import { createFieldbusProcess } from '../sensors/fieldbus/fieldbus-process.ts';
import { runSensorProgram } from '../sensors/process-link.ts';

runSensorProgram(createFieldbusProcess());
