using System.Collections.Concurrent;
using Insula.Linux.LibC;

namespace Insula.Linux.Seccomp;

/// <summary>Compiles profiles to programs with libseccomp, each once; profiles of equal content share a program.</summary>
public sealed unsafe class SeccompCompiler
{
    private const int MaxArguments = 6;
    private const int FilterSize = 8;
    private const int MaxInstructions = 4096;
    private const int MostPrograms = 256;

    private readonly ConcurrentDictionary<string, Lazy<SeccompProgram>> _programs = new();

    /// <summary>The profile as a program.</summary>
    /// <exception cref="SeccompException">libseccomp is missing, or refuses a rule.</exception>
    public SeccompProgram Compile(SeccompProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        if (_programs.Count >= MostPrograms)
        {
            // Profiles of files that were changed over and over: nobody asks for the old ones again.
            _programs.Clear();
        }

        return _programs.GetOrAdd(SeccompKey.Of(profile), _ => new Lazy<SeccompProgram>(() => new SeccompProgram(CompileAnew(profile), profile.Flags))).Value;
    }

    private static byte[] CompileAnew(SeccompProfile profile)
    {
        try
        {
            var context = LibSeccomp.seccomp_init(profile.DefaultAction.Value);
            if (context == 0)
            {
                throw new SeccompException($"libseccomp refuses the default action 0x{profile.DefaultAction.Value:x8}.");
            }

            try
            {
                Fill(context, profile);
                return Export(context);
            }
            finally
            {
                LibSeccomp.seccomp_release(context);
            }
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new SeccompException("libseccomp.so.2 (2.5 or later) cannot be loaded: install the package libseccomp2.", exception);
        }
    }

    private static void Fill(nint context, SeccompProfile profile)
    {
        Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.ActionForBadArchitecture, SeccompAction.KillProcess.Value), "set the action for other architectures");
        Check(LibSeccomp.seccomp_attr_set(context, LibSeccomp.Optimize, LibSeccomp.BinaryTree), "arrange calls as a tree");
        foreach (var name in profile.Architectures)
        {
            var architecture = LibSeccomp.seccomp_arch_resolve_name(name);
            if (architecture == 0)
            {
                throw new SeccompException($"libseccomp does not know the architecture '{name}'.");
            }

            if (LibSeccomp.seccomp_arch_add(context, architecture) is var result && result is not 0 and not -(int)Errno.EEXIST)
            {
                Check(result, $"add the architecture {name}");
            }
        }

        foreach (var rule in profile.Rules.Where(rule => rule.Action != profile.DefaultAction))
        {
            Add(context, rule, rule.Action.IsStricterThan(profile.DefaultAction));
        }
    }

    private static void Add(nint context, SeccompRule rule, bool restricts)
    {
        if (rule.Arguments.Count > MaxArguments || rule.Arguments.Any(argument => argument.Index >= MaxArguments))
        {
            throw new SeccompException($"A system call has {MaxArguments} arguments; a rule for {string.Join(", ", rule.Names)} names others.");
        }

        var arguments = stackalloc LibSeccomp.Argument[MaxArguments];
        for (var i = 0; i < rule.Arguments.Count; i++)
        {
            var argument = rule.Arguments[i];
            arguments[i] = new LibSeccomp.Argument
            {
                Index = argument.Index,
                Comparison = (int)argument.Comparison,
                A = argument.Value,
                B = argument.MaskedValue,
            };
        }

        foreach (var name in rule.Names)
        {
            var call = LibSeccomp.seccomp_syscall_resolve_name(name);
            if (call == LibSeccomp.NoSuchCall)
            {
                // One that is allowed and unknown stays what it is by default. One that is to be kept from a program must not be passed over.
                if (restricts)
                {
                    throw new SeccompException($"libseccomp does not know the system call '{name}', which the profile restricts: check its spelling, or leave it out.");
                }
            }
            else
            {
                Check(LibSeccomp.seccomp_rule_add_array(context, rule.Action.Value, call, (uint)rule.Arguments.Count, arguments), $"add the rule for {name}");
            }
        }
    }

    private static byte[] Export(nint context)
    {
        using var memory = Descriptor.FromResult(sys_mman.memfd_create("seccomp", sys_mman.MFD_CLOEXEC), "memfd_create", "seccomp");
        Check(LibSeccomp.seccomp_export_bpf(context, memory.Value), "export the program");
        if (unistd.lseek(memory, 0, 0) < 0)
        {
            throw LinuxException.FromLastError("lseek", "seccomp");
        }

        var program = FilterRanges.Merge(memory.ReadToEnd());
        return program.Length is > 0 and <= MaxInstructions * FilterSize && program.Length % FilterSize == 0
            ? program
            : throw new SeccompException($"The profile becomes {program.Length / FilterSize} instructions; the kernel takes 1 to {MaxInstructions}.");
    }

    private static void Check(int result, string step)
    {
        if (result < 0)
        {
            throw new SeccompException($"libseccomp cannot {step}: {ErrnoNames.Describe(-result)} ({ErrnoNames.Name(-result)}).");
        }
    }
}
