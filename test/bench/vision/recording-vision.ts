/** The vision process, but its recordings are read as fast as it looks at their pictures. Forked by the stand. */
import { setPriority } from 'node:os';
import { runSensorProgram } from '../../../src/sensors/process-link.ts';
import { createVisionProgram } from '../../../src/sensors/vision-program.ts';

/** That of the vision process. */
const NICE = 5;
setPriority(NICE);

runSensorProgram(createVisionProgram({ recordingPace: 'as-read' }));
