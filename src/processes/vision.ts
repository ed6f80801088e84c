import { runSensorProgram } from '../sensors/process-link.ts';
import { createVisionProgram } from '../sensors/vision-program.ts';

runSensorProgram(createVisionProgram());
