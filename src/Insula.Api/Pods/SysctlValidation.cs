using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks sysctls as the API server does; which of them are allowed is the machine's to say.</summary>
internal static class SysctlValidation
{
    public static void Validate(ErrorList at, PodSpec spec)
    {
        var names = new HashSet<string>();
        var sysctls = spec.SecurityContext?.Sysctls ?? [];
        for (var i = 0; i < sysctls.Count; i++)
        {
            Name(at.Index(i).Field("name"), sysctls[i].Name, spec, names);
            var value = at.Index(i).Field("value");
            if (sysctls[i].Value.Length == 0)
            {
                value.Required();
            }
            else if (!SysctlNames.IsValidValue(sysctls[i].Value))
            {
                value.Invalid(sysctls[i].Value, "must consist of letters, digits, spaces, tabs, ',', '-', '.', '_', ':' and '/'");
            }
        }
    }

    private static void Name(ErrorList at, string name, PodSpec spec, HashSet<string> names)
    {
        var normalized = SysctlNames.Normalize(name);
        if (name.Length == 0)
        {
            at.Required();
        }
        else if (!SysctlNames.IsValid(name))
        {
            at.Invalid(name, $"must have at most {SysctlNames.MaxLength} characters and match regex {SysctlNames.Form}");
        }
        else if (!names.Add(normalized))
        {
            at.Duplicate(name);
        }

        switch (SysctlNames.NamespaceOf(normalized))
        {
            case SysctlNamespace.Net when spec.HostNetwork:
                at.Invalid(name, "may not be specified when 'hostNetwork' is true");
                break;
            case SysctlNamespace.Ipc when spec.HostIPC:
                at.Invalid(name, "may not be specified when 'hostIPC' is true");
                break;
            default:
                break;
        }
    }
}
