// How figures are said: a line each, with the goal beside them.

const MB = 1e6;

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const row = (what, goal, value) => console.log(`${what.padEnd(52)} ${goal.padEnd(10)} ${value}`);
export const ms = (value) => `${value.toFixed(0)} ms`;
export const seconds = (millis) => `${(millis / 1_000).toFixed(1)} s`;
export const mb = (bytes) => `${(bytes / MB).toFixed(0)} MB`;
export const rate = (bytes, millis) => `${(bytes / MB / (millis / 1_000)).toFixed(0)} MB/s`;
export const speed = (bytes, millis) => `${rate(bytes, millis)}  (${seconds(millis)})`;

/** The median, and between which values it lies. */
export function spread(values, say) {
  return `${say(median(values))}  (${say(Math.min(...values))} to ${say(Math.max(...values))})`;
}
