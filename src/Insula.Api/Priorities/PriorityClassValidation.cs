using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Priorities;

/// <summary>Checks PriorityClasses as Kubernetes does.</summary>
public static class PriorityClassValidation
{
    /// <summary>The highest priority that is not kept for the system.</summary>
    public const int HighestOfUsers = 1_000_000_000;

    private const string SystemPrefix = "system-";

    /// <summary>What is wrong with one that has its defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(PriorityClass one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), one.Metadata, namespaced: false);
        var builtIn = SystemPriorityClasses.All.FirstOrDefault(c => c.Metadata.Name == one.Metadata.Name);
        if (builtIn is not null ? builtIn.Value != one.Value || one.GlobalDefault : one.Metadata.Name?.StartsWith(SystemPrefix, StringComparison.Ordinal) == true)
        {
            at.Field("metadata").Field("name").Forbidden("priority class names with '" + SystemPrefix + "' prefix are reserved for system use only");
        }

        if (builtIn is null && one.Value > HighestOfUsers)
        {
            at.Field("value").Forbidden($"maximum allowed value of a user defined priority is {HighestOfUsers}");
        }

        return errors;
    }

    /// <summary>What is wrong with a change of one.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(PriorityClass old, PriorityClass one)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(one);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        if (old.Value != one.Value)
        {
            at.Field("value").Forbidden("may not be changed in an update.");
        }

        if (old.PreemptionPolicy != one.PreemptionPolicy)
        {
            at.Field("preemptionPolicy").Invalid(one.PreemptionPolicy ?? "", "field is immutable");
        }

        return errors;
    }
}
