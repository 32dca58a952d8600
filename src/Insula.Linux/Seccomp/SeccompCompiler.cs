namespace Insula.Linux.Seccomp;

/// <summary>Compiles profiles to programs with libseccomp, each once.</summary>
public sealed class SeccompCompiler
{
    /// <summary>The profile as an array of <c>struct sock_filter</c> (8 bytes each), for seccomp(2).</summary>
    /// <exception cref="SeccompException">libseccomp is missing, or refuses a rule.</exception>
    public byte[] Compile(SeccompProfile profile) => throw new NotImplementedException();
}
