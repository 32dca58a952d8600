namespace Insulad.Services;

/// <summary>The uids of pods that are on their way out.</summary>
/// <param name="Services">To whom Services are to lead no more: they have been told to end.</param>
/// <param name="HostPorts">To whom ports of the machine are to lead no more: they have been told to end, and have no address any more.</param>
/// <param name="Gone">Those whose objects are gone.</param>
internal sealed record Leavers(IReadOnlyList<string> Services, IReadOnlyList<string> HostPorts, IReadOnlyList<string> Gone);
