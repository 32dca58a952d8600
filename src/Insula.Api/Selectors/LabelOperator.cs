namespace Insula.Api.Selectors;

/// <summary>The operators of label selectors.</summary>
internal enum LabelOperator
{
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}
