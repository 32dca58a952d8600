namespace Insula.Images;

/// <summary>A process's credentials as an image defines them.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Primary group: the one asked for, else the user's in <c>/etc/passwd</c>, else 0.</param>
/// <param name="Groups">
/// Groups of <c>/etc/group</c> that list the user, sorted, without <paramref name="Gid"/>, whether or not a group
/// was asked for, as Kubernetes' runtimes have it.
/// </param>
/// <param name="Name">The user's name in the image; null when it has none.</param>
/// <param name="Home">Home directory: absolute, no control characters; <c>/</c> when the image gives none such.</param>
public sealed record ImageUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string? Name, string Home);
