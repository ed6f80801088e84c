/** One loop as its detector card sees it: the vehicle above it, the wire in the road, the output. */
export interface LoopChannel {
  setOccupied(occupied: boolean): void;
  /** Jams the output; null frees it. */
  stick(output: 'on' | 'off' | null): void;
  /** Cuts the loop's wire. The output then calls constantly: fail-safe, as detector cards do (Reno A&E). */
  failOpen(isOpen: boolean): void;
  loseCount(): void;
  readonly isDetected: boolean;
  readonly isWireOpen: boolean;
  /** Rising edges of detection, 32 bits wide. */
  readonly count: number;
}

export function createLoopChannel(): LoopChannel {
  let isOccupied = false;
  let jam: 'on' | 'off' | null = null;
  let isWireOpen = false;
  let isCalling = false;
  let count = 0;

  const detect = (): void => {
    const detected = !isWireOpen && (jam === null ? isOccupied : jam === 'on');
    if (detected && !isCalling) count = (count + 1) >>> 0;
    isCalling = detected;
  };
  return {
    setOccupied(occupied) {
      isOccupied = occupied;
      detect();
    },
    stick(output) {
      jam = output;
      detect();
    },
    failOpen(isOpen) {
      isWireOpen = isOpen;
      detect();
    },
    loseCount() {
      count = 0;
    },
    get isDetected() {
      return isCalling || isWireOpen;
    },
    get isWireOpen() {
      return isWireOpen;
    },
    get count() {
      return count;
    },
  };
}
