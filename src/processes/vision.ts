import { setPriority } from 'node:os';
import { runSensorProgram } from '../sensors/process-link.ts';
import { createVisionProgram } from '../sensors/vision-program.ts';

/** Pictures can wait some milliseconds, the edges of loops cannot: cameras get what polling leaves. */
const NICE = 5;
setPriority(NICE);

runSensorProgram(createVisionProgram());
