import type { Refusal } from '../uplink/payloads/reply.ts';

/** Why a command was refused, in Simplified Chinese. */
export const REFUSAL_NAMES: Readonly<Record<Refusal, string>> = {
  malformed: '格式错误',
  oversize: '过大',
  retained: '保留消息',
  'other-site': '非本站点',
  unsigned: '未签名',
  'unknown-key': '未知密钥',
  'bad-signature': '签名不符',
  'clock-unsynced': '时钟未校准',
  lifetime: '有效期不符',
  'from-the-future': '时间超前',
  expired: '已过期',
  'id-reused': '编号重复',
  forbidden: '权限不足',
  'too-many': '过于频繁',
  'not-audited': '无法审计',
};
