import type { MakeWorkload } from '../workload.js';
import { keys } from './keys.js';
import { lifecycle } from './lifecycle.js';
import { quota } from './quota.js';
import { register } from './register.js';
import { set } from './set.js';
import { unique } from './unique.js';

/** Workloads that send, with their share of the rate. */
export const workloads: Readonly<Record<string, { readonly make: MakeWorkload; readonly share: number }>> = {
  set: { make: set, share: 15 },
  register: { make: register, share: 10 },
  lifecycle: { make: lifecycle, share: 5 },
  keys: { make: keys, share: 10 },
  unique: { make: unique, share: 2 },
  quota: { make: quota, share: 1 },
};
