/** Ends a `switch` over a union: the compiler refuses the call while a kind is unhandled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled variant: ${JSON.stringify(value)}`);
}
