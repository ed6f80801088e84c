import type { LoopCards } from '../../src/simulator/cards/loop-cards.ts';

/** One car over both loops, `a` and then `b`, slow enough for any machine to see. */
export async function driveOneCar(cards: LoopCards): Promise<void> {
  for (const [loop, occupied] of [
    ['a', true],
    ['b', true],
    ['a', false],
    ['b', false],
  ] as const) {
    cards.setOccupied(loop, occupied);
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
}
