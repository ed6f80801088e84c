import type { BusScanConfiguration, FieldbusConfiguration } from '../contract.ts';
import type { SensorProgram } from '../process-link.ts';
import { createFieldbusProgram } from './fieldbus-program.ts';
import { createScanProgram } from './scan/scan-program.ts';

/** The fieldbus process is given one of two tasks: to poll the buses, or to look for what is on them. */
export function createFieldbusProcess(): SensorProgram<FieldbusConfiguration | BusScanConfiguration> {
  let task: Omit<SensorProgram<never>, 'configure'> | null = null;
  return {
    process: 'fieldbus',
    async configure(configuration, link) {
      if (configuration.kind === 'fieldbus') {
        const program = createFieldbusProgram();
        task = program;
        await program.configure(configuration, link);
      } else {
        const program = createScanProgram();
        task = program;
        await program.configure(configuration, link);
      }
    },
    start: () => task?.start(),
    stop: async () => await task?.stop(),
    health: () => task?.health() ?? [],
  };
}
