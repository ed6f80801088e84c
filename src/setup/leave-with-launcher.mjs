// Preloaded into the program that the launcher runs: when the launcher is killed outright, its channel
// closes, and the program gets the same polite stop as from a terminal. Nothing is ever sent over the
// channel.
if (process.channel !== undefined) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
// fork() hands these flags on: without this the program's own children would be preloaded too.
process.execArgv.length = 0;
