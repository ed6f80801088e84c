import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createRotatingLooks, type RotatingLooks } from './rotating-looks.ts';

/** A camera whose pictures come when the test says so, and whose looks end when it says so. */
interface FakeCamera {
  readonly name: string;
  hasFrame: boolean;
  /** Ends the look that is under way. */
  end(): void;
}

interface Stage {
  readonly looks: RotatingLooks;
  readonly cameras: Readonly<Record<string, FakeCamera>>;
  /** Names of the cameras, in the order in which they were looked at. */
  readonly begun: readonly string[];
  /** A new picture of each; those that were not taken are replaced. */
  show(...names: readonly string[]): void;
  end(name: string): Promise<void>;
}

function stage(names: string, options: { readonly lasting?: string } = {}): Stage {
  const begun: string[] = [];
  const cameras = [...names].map((name): FakeCamera => ({ name, hasFrame: false, end: () => undefined }));
  const byName = Object.fromEntries(cameras.map((camera) => [camera.name, camera]));
  const looks = createRotatingLooks({
    cameras,
    atOnce: 2,
    look(camera) {
      begun.push(camera.name);
      camera.hasFrame = options.lasting?.includes(camera.name) ?? false;
      return new Promise((resolve) => {
        camera.end = resolve;
      });
    },
  });
  return {
    looks,
    cameras: byName,
    begun,
    show(...shown) {
      for (const name of shown) {
        const camera = byName[name];
        if (camera === undefined) throw new RangeError(`no camera ${name}`);
        camera.hasFrame = true;
        looks.wake();
      }
    },
    async end(name) {
      byName[name]?.end();
      await nextTurn();
    },
  };
}

describe('looks that go round the cameras', () => {
  it('two are under way at once, and no third', () => {
    const { begun, show } = stage('abc');
    show('a', 'b', 'c');
    expect(begun).toEqual(['a', 'b']);
  });

  it('the next one begins when one of them ends, whichever it is', async () => {
    const { begun, show, end } = stage('abcd');
    show('a', 'b', 'c', 'd');
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('a camera never has two at once, though it has a new picture and a look is free', async () => {
    const { begun, show, end } = stage('ab');
    show('a');
    show('a');
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'a']);
  });

  it('cameras that always have a picture are looked at equally often', async () => {
    const { begun, show, end } = stage('abc', { lasting: 'abc' });
    show('a', 'b', 'c');
    for (let at = 0; at < 28; at += 1) await end(begun[at] ?? '');
    expect(begun.slice(0, 30).join('')).toBe('abc'.repeat(10));
  });

  it('a camera with many pictures does not keep those with few waiting for more than a round', async () => {
    const { begun, show, end } = stage('abcd', { lasting: 'ab' });
    show('a', 'b');
    await end('a');
    show('d');
    await end('b');
    expect(begun.join('')).toBe('abad');
    await end('a');
    show('c');
    await end('d');
    expect(begun.join('')).toBe('abadbc');
  });

  it('after a stop no look begins, and it waits for those that were begun', async () => {
    const { looks, begun, show, end } = stage('abc');
    show('a', 'b', 'c');
    let isStopped = false;
    const stopped = looks.stop().then(() => {
      isStopped = true;
    });
    await end('a');
    expect(isStopped).toBe(false);
    await end('b');
    await stopped;
    show('c');
    expect(begun).toEqual(['a', 'b']);
  });
});
