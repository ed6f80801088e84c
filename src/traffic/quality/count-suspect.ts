/** Who is probably wrong where a loop and a camera count differently. */
export type Suspect = 'loop' | 'camera' | 'undecided';

export interface Verdict {
  readonly suspect: Suspect;
  readonly because: string;
}

/** What speaks for and against the two sensors of one lane. */
export interface CountWitnesses {
  /** The camera itself has a fault, or misses pictures. */
  readonly cameraImpaired: boolean;
  /** Another rule finds the loop odd. */
  readonly loopHasSymptoms: boolean;
  /** Other lanes of the same camera that were compared: how many agree with their loops, and how many do not. */
  readonly lanesAgreeing: number;
  readonly lanesDisagreeing: number;
}

/** The nearest evidence first: what a sensor shows of itself weighs more than its company. */
export function suspectOf(witnesses: CountWitnesses): Verdict {
  const { lanesAgreeing, lanesDisagreeing } = witnesses;
  if (witnesses.cameraImpaired) {
    return { suspect: 'camera', because: 'the camera has a fault or misses pictures' };
  }
  if (witnesses.loopHasSymptoms) return { suspect: 'loop', because: 'the loop shows other symptoms' };
  if (lanesDisagreeing > 0 && lanesAgreeing === 0) {
    return { suspect: 'camera', because: 'it disagrees with the loops of every lane it sees' };
  }
  if (lanesAgreeing > lanesDisagreeing) {
    return { suspect: 'loop', because: 'the camera agrees with the loops of its other lanes' };
  }
  return { suspect: 'undecided', because: CANNOT_TELL };
}

export const CANNOT_TELL = 'cannot tell which of the two is wrong';
