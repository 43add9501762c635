// The client-node types that apps speak of, as their JSON is (see Wire). Types only: nothing of that library is loaded.
import type * as k8s from '@kubernetes/client-node';

import type { KindTypes } from './kinds.js';
import type { Wire } from './kube-object.js';

export type V1Namespace = KindTypes['Namespace'];
export type V1Node = KindTypes['Node'];
export type V1Pod = KindTypes['Pod'];
export type V1Service = KindTypes['Service'];
export type V1Secret = KindTypes['Secret'];
export type V1ConfigMap = KindTypes['ConfigMap'];
export type V1ServiceAccount = KindTypes['ServiceAccount'];
export type V1PersistentVolumeClaim = KindTypes['PersistentVolumeClaim'];
export type V1ResourceQuota = KindTypes['ResourceQuota'];
export type V1LimitRange = KindTypes['LimitRange'];
export type CoreV1Event = KindTypes['Event'];
export type V1Deployment = KindTypes['Deployment'];
export type V1ReplicaSet = KindTypes['ReplicaSet'];
export type V1StatefulSet = KindTypes['StatefulSet'];
export type V1DaemonSet = KindTypes['DaemonSet'];
export type V1Job = KindTypes['Job'];
export type V1CronJob = KindTypes['CronJob'];
export type V1Ingress = KindTypes['Ingress'];
export type V1NetworkPolicy = KindTypes['NetworkPolicy'];
export type PodMetrics = KindTypes['PodMetrics'];
export type V1RoleBinding = KindTypes['RoleBinding'];
export type V1Lease = KindTypes['Lease'];
export type V1Container = Wire<k8s.V1Container>;
export type V1ContainerStatus = Wire<k8s.V1ContainerStatus>;
export type V1EnvVar = Wire<k8s.V1EnvVar>;
export type V1ObjectMeta = Wire<k8s.V1ObjectMeta>;
export type V1PodSpec = Wire<k8s.V1PodSpec>;
export type V1PodTemplateSpec = Wire<k8s.V1PodTemplateSpec>;
export type V1Probe = Wire<k8s.V1Probe>;
export type V1ResourceRequirements = Wire<k8s.V1ResourceRequirements>;
export type RbacV1Subject = Wire<k8s.RbacV1Subject>;
export type V1SecurityContext = Wire<k8s.V1SecurityContext>;
