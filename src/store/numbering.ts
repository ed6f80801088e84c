/** Numbers of one stream in this boot. One is given out once its record is on the disk, and never before. */
export interface Numbering {
  next(): number;
  /** The transaction that stores the numbered records is on the disk. */
  taken(): void;
  /** It is not: the numbers are free again. */
  dropped(): void;
}

export function createNumbering(): Numbering {
  let given = 0;
  let drafted = 0;
  return {
    next() {
      drafted += 1;
      return given + drafted;
    },
    taken() {
      given += drafted;
      drafted = 0;
    },
    dropped() {
      drafted = 0;
    },
  };
}
