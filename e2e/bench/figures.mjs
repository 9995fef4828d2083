// How figures are said: a line each, with the goal beside them.

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const row = (what, goal, value) => console.log(`${what.padEnd(52)} ${goal.padEnd(10)} ${value}`);
export const ms = (value) => `${value.toFixed(0)} ms`;

/** The median, and between which values it lies. */
export function spread(values, say) {
  return `${say(median(values))}  (${say(Math.min(...values))} to ${say(Math.max(...values))})`;
}
