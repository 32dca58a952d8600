namespace Insula.Linux.Seccomp;

/// <summary>A seccomp profile could not be compiled.</summary>
/// <param name="message">What failed and what to do.</param>
/// <param name="inner">The cause.</param>
public sealed class SeccompException(string message, Exception? inner = null) : Exception(message, inner);
