// Owns what to do about a reason that an App is told to be in trouble for. The cluster's words say what is wrong; whoever reads them through
// an API may know nothing of clusters. Pure.

export interface Trouble {
  readonly reason: string;
  readonly message: string;
}

const MESSAGE_LENGTH = 4096;

/** The trouble, its message ending with what to do, where that is known; cut where it is too long to be told. */
export function withNextStep({ reason, message }: Trouble): Trouble {
  const step = nextStep(reason, message);
  if (step === undefined) return { reason, message: message.slice(0, MESSAGE_LENGTH) };
  const said = message
    .trim()
    .replace(/\.$/, '')
    .slice(0, MESSAGE_LENGTH - step.length - 2);
  return { reason, message: said === '' ? step : `${said}. ${step}` };
}

function nextStep(reason: string, message: string): string | undefined {
  switch (reason) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return pullStep(message);
    case 'InvalidImageName':
      return 'Correct the name of the image';
    case 'CreateContainerConfigError':
      return /runAsNonRoot|non-root/.test(message) ? 'Use an image that runs as another user than root' : undefined;
    case 'CrashLoopBackOff':
      return 'Its log tells why, also that of the run before; a health check that fails ends it too';
    case 'OOMKilled':
      return 'Raise its memory limit, or let it use less';
    case 'Unschedulable':
      return 'Ask for less CPU or memory, or add nodes to the cluster';
    case 'ContainersNotReady':
    case 'ProgressDeadlineExceeded':
      return 'See that the app listens on its port, and that its health check succeeds';
    case 'NodeNotReady':
      return 'See that the node and its kubelet run; what ran there may still do so';
    case 'ControllersSilent':
      return "See that the cluster's kube-controller-manager runs";
    case 'ExceededQuota':
      return 'Ask for fewer replicas or resources, or have the quota of the namespace raised';
    case 'SomeFinalizersRemain':
      return 'Let whoever set the finalizer do its work, or remove the finalizer by hand';
    default:
      return undefined;
  }
}

// Registries differ in whether a stranger is told that an image is absent or that it is not for him.
function pullStep(message: string): string {
  if (/\b40[13]\b|unauthorized|authorization|forbidden|denied|basic auth/i.test(message))
    return 'Give the app the credentials of the registry, or correct them';
  if (/not found|manifest unknown|does not exist/i.test(message))
    return 'Correct the name or tag of the image, or push it';
  return "See that the name of the image is right, and that the cluster's nodes reach its registry";
}
