/**
 * Marks a place where a crash test may stop or end the process. Does nothing: the name is the contract, and awaiting the
 * result keeps the call as it is when the crash tests bring the real one.
 */
export function failpoint(_name: string): void | Promise<void> {}
