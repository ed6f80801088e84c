/** Keeps one core busy until it is killed or its parent is gone. */
process.on('disconnect', () => process.exit(0));

function burn(): void {
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  setImmediate(burn);
}
burn();
