namespace Insula.Pods.UserNamespaces;

/// <summary>A pod with <c>hostUsers: false</c> cannot be given ids; the message says why and what to do.</summary>
internal sealed class UserIdException(string message) : Exception(message);
