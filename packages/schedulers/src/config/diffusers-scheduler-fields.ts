/**
 * The fields of diffusers' schedulers, by class, separated by spaces: parameters of their constructors. Written by
 * tools/reference/make_scheduler_fields.py from diffusers 0.40.0.dev0.
 */
export const diffusersSchedulerFields: Readonly<Record<string, string>> = {
  AmusedScheduler: "mask_token_id masking_schedule",
  BlockRefinementScheduler: "block_length editing_threshold minimal_topk num_inference_steps threshold",
  CMStochasticIterativeScheduler:
    "clip_denoised num_train_timesteps rho s_noise sigma_data sigma_max sigma_min",
  CogVideoXDDIMScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one snr_shift_scale steps_offset timestep_spacing trained_betas",
  CogVideoXDPMScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one snr_shift_scale steps_offset timestep_spacing trained_betas",
  CosineDPMSolverMultistepScheduler:
    "euler_at_final final_sigmas_type lower_order_final num_train_timesteps prediction_type rho sigma_data sigma_max sigma_min sigma_schedule solver_order solver_type",
  DDIMInverseScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range num_train_timesteps prediction_type rescale_betas_zero_snr set_alpha_to_one steps_offset timestep_spacing trained_betas",
  DDIMParallelScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one steps_offset thresholding timestep_spacing trained_betas",
  DDIMScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one steps_offset thresholding timestep_spacing trained_betas",
  DDPMParallelScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value steps_offset thresholding timestep_spacing trained_betas variance_type",
  DDPMScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value steps_offset thresholding timestep_spacing trained_betas variance_type",
  DDPMWuerstchenScheduler: "s scaler",
  DEISMultistepScheduler:
    "algorithm_type beta_end beta_schedule beta_start dynamic_thresholding_ratio flow_shift lower_order_final num_train_timesteps prediction_type sample_max_value solver_order solver_type steps_offset thresholding time_shift_type timestep_spacing trained_betas use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_flow_sigmas use_karras_sigmas",
  DPMSolverMultistepInverseScheduler:
    "algorithm_type beta_end beta_schedule beta_start dynamic_thresholding_ratio euler_at_final flow_shift lambda_min_clipped lower_order_final num_train_timesteps prediction_type sample_max_value solver_order solver_type steps_offset thresholding timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_flow_sigmas use_karras_sigmas variance_type",
  DPMSolverMultistepScheduler:
    "algorithm_type beta_end beta_schedule beta_start dynamic_thresholding_ratio euler_at_final final_sigmas_type flow_shift lambda_min_clipped lower_order_final num_train_timesteps prediction_type rescale_betas_zero_snr sample_max_value solver_order solver_type steps_offset thresholding time_shift_type timestep_spacing trained_betas use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_flow_sigmas use_karras_sigmas use_lu_lambdas variance_type",
  DPMSolverSDEScheduler:
    "beta_end beta_schedule beta_start noise_sampler_seed num_train_timesteps prediction_type steps_offset timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  DPMSolverSinglestepScheduler:
    "algorithm_type beta_end beta_schedule beta_start dynamic_thresholding_ratio final_sigmas_type flow_shift lambda_min_clipped lower_order_final num_train_timesteps prediction_type sample_max_value solver_order solver_type thresholding time_shift_type trained_betas use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_flow_sigmas use_karras_sigmas variance_type",
  DiscreteDDIMScheduler:
    "corrector_k corrector_selection corrector_selection_tau corrector_steps num_inference_steps",
  EDMDPMSolverMultistepScheduler:
    "algorithm_type dynamic_thresholding_ratio euler_at_final final_sigmas_type lower_order_final num_train_timesteps prediction_type rho sample_max_value sigma_data sigma_max sigma_min sigma_schedule solver_order solver_type thresholding",
  EDMEulerScheduler:
    "final_sigmas_type num_train_timesteps prediction_type rho sigma_data sigma_max sigma_min sigma_schedule",
  EntropyBoundScheduler: "entropy_bound num_inference_steps t_max t_min",
  EulerAncestralDiscreteScheduler:
    "beta_end beta_schedule beta_start num_train_timesteps prediction_type rescale_betas_zero_snr steps_offset timestep_spacing trained_betas",
  EulerDiscreteScheduler:
    "beta_end beta_schedule beta_start final_sigmas_type interpolation_type num_train_timesteps prediction_type rescale_betas_zero_snr sigma_max sigma_min steps_offset timestep_spacing timestep_type trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  FlowMapEulerDiscreteScheduler: "num_train_timesteps shift",
  FlowMatchEulerDiscreteScheduler:
    "base_image_seq_len base_shift invert_sigmas max_image_seq_len max_shift num_train_timesteps shift shift_terminal stochastic_sampling time_shift_type use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_karras_sigmas",
  FlowMatchHeunDiscreteScheduler: "num_train_timesteps shift",
  FlowMatchLCMScheduler:
    "base_image_seq_len base_shift invert_sigmas max_image_seq_len max_shift num_train_timesteps scale_factors shift shift_terminal time_shift_type upscale_mode use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_karras_sigmas",
  HeliosDMDScheduler:
    "gamma num_train_timesteps prediction_type shift stage_range stages time_shift_type use_dynamic_shifting use_flow_sigmas",
  HeliosScheduler:
    "disable_corrector gamma lower_order_final num_train_timesteps predict_x0 prediction_type scheduler_type shift solver_order solver_p solver_type stage_range stages thresholding time_shift_type use_dynamic_shifting use_flow_sigmas",
  HeunDiscreteScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range num_train_timesteps prediction_type steps_offset timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  IPNDMScheduler: "num_train_timesteps trained_betas",
  KDPM2AncestralDiscreteScheduler:
    "beta_end beta_schedule beta_start num_train_timesteps prediction_type steps_offset timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  KDPM2DiscreteScheduler:
    "beta_end beta_schedule beta_start num_train_timesteps prediction_type steps_offset timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  LCMScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps original_inference_steps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one steps_offset thresholding timestep_scaling timestep_spacing trained_betas",
  LMSDiscreteScheduler:
    "beta_end beta_schedule beta_start num_train_timesteps prediction_type steps_offset timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_karras_sigmas",
  LTXEulerAncestralRFScheduler: "eta num_train_timesteps s_noise",
  MiniMaxH3Scheduler: "shift",
  PNDMScheduler:
    "beta_end beta_schedule beta_start num_train_timesteps prediction_type set_alpha_to_one skip_prk_steps steps_offset timestep_spacing trained_betas",
  RePaintScheduler: "beta_end beta_schedule beta_start clip_sample eta num_train_timesteps trained_betas",
  SASolverScheduler:
    "algorithm_type beta_end beta_schedule beta_start corrector_order dynamic_thresholding_ratio flow_shift lambda_min_clipped lower_order_final num_train_timesteps prediction_type predictor_order sample_max_value steps_offset tau_func thresholding timestep_spacing trained_betas use_beta_sigmas use_exponential_sigmas use_flow_sigmas use_karras_sigmas variance_type",
  SCMScheduler: "num_train_timesteps prediction_type sigma_data",
  ScoreSdeVeScheduler: "correct_steps num_train_timesteps sampling_eps sigma_max sigma_min snr",
  TCDScheduler:
    "beta_end beta_schedule beta_start clip_sample clip_sample_range dynamic_thresholding_ratio num_train_timesteps original_inference_steps prediction_type rescale_betas_zero_snr sample_max_value set_alpha_to_one steps_offset thresholding timestep_scaling timestep_spacing trained_betas",
  UnCLIPScheduler:
    "beta_schedule clip_sample clip_sample_range num_train_timesteps prediction_type variance_type",
  UniPCMultistepScheduler:
    "beta_end beta_schedule beta_start disable_corrector dynamic_thresholding_ratio final_sigmas_type flow_shift lower_order_final num_train_timesteps predict_x0 prediction_type rescale_betas_zero_snr sample_max_value shift_terminal sigma_max sigma_min solver_order solver_p solver_type steps_offset thresholding time_shift_type timestep_spacing trained_betas use_beta_sigmas use_dynamic_shifting use_exponential_sigmas use_flow_sigmas use_karras_sigmas",
  VQDiffusionScheduler:
    "alpha_cum_end alpha_cum_start gamma_cum_end gamma_cum_start num_train_timesteps num_vec_classes",
};
