using Insula.Sandbox;

namespace Insula.Pods.UserNamespaces;

/// <summary>A pod with <c>hostUsers: false</c> cannot be given ids; the message says why and what to do.</summary>
internal sealed class UserIdException(string message) : SandboxException(message)
{
    /// <summary>The manifest names an id that its user namespace does not have.</summary>
    public static UserIdException NoSuchId(string what) =>
        new($"{what} does not exist in a user namespace: with hostUsers: false ids go from 0 to {UserIdRange.PerPod - 1}");
}
