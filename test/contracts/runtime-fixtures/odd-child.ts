/** A child that behaves as its first argument says. It ticks as a healthy one does, unless that is what is wrong. */
const manner = process.argv[2];

const say = (value: object): void => void process.send?.(value);
const tick = setInterval(() => say({ type: 'tick' }), 50);
say({ type: 'hello', pid: process.pid, environment: process.env, execArgv: process.execArgv });

process.on('disconnect', () => process.exit(0));
process.on('message', (value: { readonly type: string }) => {
  if (value.type === 'stop' && manner !== 'deaf' && manner !== 'stubborn') process.exit(0);
  if (value.type === 'echo') say(value);
  if (value.type === 'crash') {
    process.stderr.write('about to crash\n');
    say({ type: 'last-words' });
    process.exit(3);
  }
  if (value.type === 'hang') clearInterval(tick);
  if (value.type === 'garbage') say({ type: 'unheard-of' });
});
if (manner === 'stubborn') process.on('SIGTERM', () => undefined);
