/** The known word that a typing error most likely meant; null when none is near, or several equally. */
export function closest(word: string, known: readonly string[]): string | null {
  const wanted = word.toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of new Set(known)) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    if (distance === bestDistance) best = null;
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** A hint for an unknown name: what was probably meant, else what there is. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  if (near !== null) return `Did you mean "${near}"?`;
  const names = [...new Set(known)];
  return names.length === 0 ? 'There is none to choose from.' : `There is: ${names.join(', ')}.`;
}

/** The same in Chinese. */
export function chineseSuggestion(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  if (near !== null) return `是否应为 "${near}"？`;
  const names = [...new Set(known)];
  return names.length === 0 ? '没有可选项。' : `可选：${names.join('、')}。`;
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
