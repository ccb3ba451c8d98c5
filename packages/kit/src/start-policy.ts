/**
 * Code that runs during a start only is not worth compiling: Bun's compiler begins after some hundred runs of a function
 * otherwise, and what it loads for that is resident for ever. What is busy reaches this number in a blink.
 */
const variable = "BUN_JSC_thresholdForJITAfterWarmUp";
const runs = "10000";

/** For a process of our own. What the user has set stays. */
export function withStartPolicy<Environment extends NodeJS.ProcessEnv>(
  environment: Environment,
): Environment {
  return environment[variable] === undefined ? { ...environment, [variable]: runs } : environment;
}

/** For a program of somebody else. */
export function withoutStartPolicy<Environment extends NodeJS.ProcessEnv>(
  environment: Environment,
): Environment {
  if (environment[variable] !== runs) return environment;
  const { [variable]: _ours, ...others } = environment;
  return others as Environment; // The same but for one variable, which no type names.
}
