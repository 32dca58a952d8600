using Insula.Images;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Pods.Admission;
using Insula.Pods.Claims;
using Insula.Pods.Configs;
using Insula.Pods.Events;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Probes;
using Insula.Pods.Scheduling;
using Insula.Pods.Security;
using Insula.Pods.UserNamespaces;
using Insula.Sandbox;
using Insula.Store;
using Insula.Volumes.Projects;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>What every worker shares.</summary>
internal sealed record PodServices(
    PodOptions Options,
    LifecycleRules Rules,
    IObjectStore Store,
    ConfigSource Configs,
    ClaimedVolumes Claims,
    ImageStore Images,
    ImagePuller Puller,
    SandboxService Sandboxes,
    IPodNetwork Network,
    IPolicyPlane? Policies,
    ContainerConfinement Confinement,
    PodAdmission Admission,
    Scheduler Scheduler,
    EventRecorder Events,
    EvictionOrder Evictions,
    ProbeRunner Probes,
    MachineFacts Machine,
    MemoryQos Memory,
    UserIdAllocator UserIds,
    CategoryAllocator Categories,
    DirectoryQuotas Quotas,
    SaidOnce Said,
    TimeProvider Clock,
    ILoggerFactory Loggers);
