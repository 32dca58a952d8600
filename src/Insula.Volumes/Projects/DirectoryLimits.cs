using Insula.Api.Core;

namespace Insula.Volumes.Projects;

/// <summary>How the kernel limits the emptyDir volumes of a pod.</summary>
/// <param name="Quotas">By which it does.</param>
/// <param name="Of">The most that a volume may take, bytes; null for no limit.</param>
/// <param name="IsTrusted">Whether no container can take its files out of the count: only then is it what is measured.</param>
public sealed record DirectoryLimits(DirectoryQuotas Quotas, Func<Volume, long?> Of, bool IsTrusted);
