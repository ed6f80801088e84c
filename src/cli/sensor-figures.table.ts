/** Figures of a sensor that say what is wrong with it, in English and Chinese; a technician sees those above zero. */
export const TROUBLE_FIGURES: Readonly<Record<string, string>> = {
  timeouts: 'no answer 无应答',
  corruptReplies: 'corrupt replies 应答损坏',
  discardedBytes: 'bytes of noise 干扰字节',
  missedSlots: 'polls missed 错过轮询',
  unknownPeers: 'unknown callers 未知来访',
  restarts: 'stream restarts 视频流重启',
  refusedTracks: 'tracks over the limit 超限目标',
  refusedEncounters: 'encounters over the limit 超限交会',
  refusedIncidents: 'incidents without evidence 未取证事件',
  missedFiles: 'evidence not kept 未保存证据',
};
