/** A first-in, first-out queue with a limit. What does not fit is refused and counted, never silently lost. */
export interface BoundedQueue<T> {
  readonly capacity: number;
  readonly size: number;
  /** How many items were refused because the queue was full, since it was made. */
  readonly refused: number;
  /** False, and counted, when the queue is full. */
  push(item: T): boolean;
  /** Removes and returns up to `limit` items, oldest first. */
  take(limit: number): T[];
}

export function createBoundedQueue<T>(capacity: number): BoundedQueue<T> {
  let items: T[] = [];
  let refused = 0;
  return {
    capacity,
    get size() {
      return items.length;
    },
    get refused() {
      return refused;
    },
    push(item) {
      if (items.length >= capacity) {
        refused += 1;
        return false;
      }
      items.push(item);
      return true;
    },
    take(limit) {
      if (items.length <= limit) {
        const all = items;
        items = [];
        return all;
      }
      return items.splice(0, limit);
    },
  };
}
