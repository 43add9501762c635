import type { Credentials } from '../credentials.js';
import type { Layout } from '../layout.js';
import type { Program } from '../processes.js';

export interface Ports {
  readonly api: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly kubelet: number;
  readonly metrics: number;
  readonly registry: number;
  readonly protectedRegistry: number;
}

/** What a part of the cluster is made from. */
export interface Ground {
  readonly layout: Layout;
  readonly ports: Ports;
  readonly credentials: Credentials;
  /** Paths of the programs, by name. */
  readonly binaries: Readonly<Record<BinaryName, string>>;
}

export type BinaryName =
  | 'containerd'
  | 'docker-registry'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kubelet'
  | 'kwok'
  | 'metrics-server';

/** Writes the files that a program needs, and says how to start it. */
export type Part = (ground: Ground) => Program;
