/** Throws a RangeError whose message is for a person. */
export function numberFrom(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`${name} ${text}: a whole number from ${least}`);
  return value;
}
