/** Goes round the cameras, whose pictures share one detector. */
export interface RotatingLooks {
  /** A picture has come. */
  wake(): void;
  /** Begins no more looks; resolves when those that were begun have ended. */
  stop(): Promise<void>;
}

/**
 * Each look goes to the camera that has a picture and was looked at least recently. A camera has one look at a time:
 * its pictures must stay in order, and the memory of the one that is looked at is written over by the next.
 */
export function createRotatingLooks<C extends { readonly hasFrame: boolean }>(options: {
  readonly cameras: readonly C[];
  /** So many looks are under way at most. */
  readonly atOnce: number;
  /** Takes the camera's picture at once. Must not reject. */
  look(camera: C): Promise<void>;
}): RotatingLooks {
  const { atOnce, look } = options;
  const underWay = new Map<C, Promise<void>>();
  /** Least recently looked at first. */
  let turns: readonly C[] = options.cameras;
  let isStopped = false;

  const wake = (): void => {
    while (!isStopped && underWay.size < atOnce) {
      const next = turns.find((camera) => camera.hasFrame && !underWay.has(camera));
      if (next === undefined) return;
      turns = [...turns.filter((camera) => camera !== next), next];
      const ended = look(next).finally(() => {
        underWay.delete(next);
        wake();
      });
      underWay.set(next, ended);
    }
  };
  return {
    wake,
    async stop() {
      isStopped = true;
      await Promise.all(underWay.values());
    },
  };
}
