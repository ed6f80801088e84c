/**
 * Up to which position an upstream's rows were backlog when some of them still waited: what was backlog once stays so over
 * a restart, whatever the clock says by then.
 */
export const backlog = `
  ALTER TABLE upstreams ADD COLUMN backlog_up_to INTEGER NOT NULL DEFAULT 0;
`;
