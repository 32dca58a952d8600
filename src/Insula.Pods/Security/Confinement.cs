using Insula.Linux.Seccomp;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Security;

/// <summary>What keeps a container's processes from calls and files beyond their credentials.</summary>
/// <param name="Seccomp">The system call filter; null for none.</param>
/// <param name="Label">The label of AppArmor or SELinux; null for none.</param>
internal sealed record Confinement(SeccompProgram? Seccomp, ExecLabel? Label);
