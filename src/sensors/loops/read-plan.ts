import { RoadsideError } from '../../base/errors.ts';
import type { ReadPlan, SignalPlan, TableName } from '../contract.ts';

/** Coils and discrete inputs are read as bits, the other two tables as registers of 16 bits. */
export function isBitTable(table: TableName): boolean {
  return table === 'coil' || table === 'discrete-input';
}

/** Throws RoadsideError `config-invalid` when a signal lies outside the reply or cannot be in this table. */
export function checkSignals(plan: Pick<ReadPlan, 'table' | 'quantity' | 'signals'>): void {
  for (const signal of plan.signals) {
    const fits = signal.offset + widthOf(signal) <= plan.quantity;
    const isNumber = signal.means === 'vehicle-count' || signal.means === 'occupied-time';
    if (fits && !(isNumber && isBitTable(plan.table))) continue;
    throw new RoadsideError(
      'config-invalid',
      `${signal.means} of ${signal.loop} at offset ${signal.offset} is not in ${plan.quantity} × ${plan.table}`,
      { hint: 'Correct the offset, the quantity or the table of this read.' },
    );
  }
}

/** Bits or registers that a signal takes up. */
export function widthOf(signal: SignalPlan): number {
  return 'decode' in signal && signal.decode !== 'u16' ? 2 : 1;
}
