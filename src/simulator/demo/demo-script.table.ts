/** What happens to the equipment during the demonstration, in seconds of scenario time. The road has its own script. */
export const DEMO_SCRIPT = {
  /** A loop's output sticks on. */
  stuckLoop: { lane: 'north-2', loop: 'n2a', fromS: 20, toS: 46 },
  /** The broker goes away. */
  brokerAway: { fromS: 28, toS: 38 },
} as const;

/** A loop of `north` that is on for longer has failed: nobody stops there but the scripted car, beside a loop. */
export const NORTH_LOCKED_ON_S = 12;
/** A loop of `east` may be occupied through a whole red. */
export const EAST_LOCKED_ON_S = 90;
export const DEMO_INTERVAL_S = 20;
